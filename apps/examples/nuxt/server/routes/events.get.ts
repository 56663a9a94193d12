export default defineEventHandler((event) => openStream(event.node.req, event.node.res))
