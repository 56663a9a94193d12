/** What an app throws on purpose. */
export class Boom extends Error {}
/** What a connection throws that nothing can be written to. */
export class Unwritable extends Error {}
/** What a broker throws that does not reach its log. */
export class Unreachable extends Error {}
