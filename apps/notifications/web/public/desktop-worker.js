// Desktop notifications belong to this worker, so a click on one finds the page again, or opens it. It fetches and keeps nothing.
addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(show(event.notification.data.address))
})

async function show(address) {
  const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find(({ visibilityState }) => visibilityState === 'visible') ?? pages[0]
  if (!page) return clients.openWindow(address)
  page.postMessage({ open: address })
  // Allowed after a click only.
  await page.focus().catch(() => {})
}
