/** Where the page is: the views of the inbox, what opens over them, and the operator's page. */
export const addresses: readonly RegExp[] = [
  /^\/(?:unread|direct|archived|sent|search|admin)?\/?$/,
  // Without dots: in development `/topics/…` has source files too.
  /^\/topics\/[\w-]{1,64}\/?$/,
  /^\/notifications\/\d{1,15}\/?$/,
  /^\/settings\/(?:topics|keys)\/?$/,
]
