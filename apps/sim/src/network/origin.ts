/** The origin of all pages, and of the servers. */
export const origin = 'https://app.example'
