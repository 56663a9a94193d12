/** Where the page is: the views of the inbox, what opens over them, and the operator's page. */
export const addresses: readonly RegExp[] = [
  /^\/(?:unread|direct|archived|sent|search|admin)?$/,
  /^\/topics\/[^/]+$/,
  /^\/notifications\/\d{1,15}$/,
  /^\/settings\/(?:topics|keys)$/,
]
