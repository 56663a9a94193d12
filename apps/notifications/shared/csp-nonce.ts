/** Stands in the page where the nonce of the answer belongs: Vite writes it, the server puts the nonce in its place. */
export const noncePlaceholder = '__CSP_NONCE__'
