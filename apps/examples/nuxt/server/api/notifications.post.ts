export default defineEventHandler(async (event) => {
  const title = (await readBody<{ title?: unknown }>(event))?.title
  if (typeof title !== 'string' || title === '' || title.length > 200) throw createError({ statusCode: 400 })
  const notification = { id: notifications.length + 1, title }
  notifications.push(notification)
  await hub.publish('news', notification, { event: 'notification' })
  setResponseStatus(event, 201)
  return notification
})
