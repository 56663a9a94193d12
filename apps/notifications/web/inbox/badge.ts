/** The unread count where one sees it from other tabs: in the title, and on the icon. */
import { useTitle } from '@vueuse/core'
import { type ComputedRef, computed, watch } from 'vue'

export function useBadge(count: ComputedRef<number>, title: ComputedRef<string>): void {
  useTitle(computed(() => (count.value > 0 ? `(${count.value}) ${title.value}` : title.value)))
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (!link) return
  const plain = link.href
  const image = load(plain)
  watch(
    () => Math.min(count.value, 100),
    async (shown) => {
      const icon = shown > 0 ? (draw(await image, shown) ?? plain) : plain
      // Drawing takes its time, and the count may have changed meanwhile.
      if (shown === Math.min(count.value, 100)) link.href = icon
    },
    { immediate: true },
  )
}

const size = 64

/** Fetched once, while there is a server; an icon that cannot be had stays without a badge. */
async function load(source: string): Promise<HTMLImageElement | undefined> {
  const image = new Image(size, size)
  image.src = source
  return image.decode().then(
    () => image,
    () => undefined,
  )
}

/** The icon with a red badge in its corner, as a PNG. */
function draw(image: HTMLImageElement | undefined, count: number): string | undefined {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = size
  const picture = canvas.getContext('2d')
  if (!picture || !image) return undefined
  picture.drawImage(image, 0, 0, size, size)
  // A longer number would hide the icon; the title has it.
  const text = count > 99 ? '' : String(count)
  const width = 24 + text.length * 11
  picture.fillStyle = '#c4323a'
  picture.beginPath()
  picture.roundRect(size - width, size - 36, width, 36, 18)
  picture.fill()
  picture.fillStyle = '#ffffff'
  picture.font = 'bold 28px system-ui, sans-serif'
  picture.textAlign = 'center'
  picture.textBaseline = 'middle'
  picture.fillText(text, size - width / 2, size - 17)
  return canvas.toDataURL('image/png')
}
