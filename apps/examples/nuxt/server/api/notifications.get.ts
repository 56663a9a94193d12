export default defineEventHandler(async () => {
  await hub.ready
  // The position first: what is published after it reaches the page by the stream.
  const { position } = hub
  return { position, items: notifications }
})
