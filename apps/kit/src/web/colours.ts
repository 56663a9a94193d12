/** The colours of the style sheet, for a canvas, which takes no variables. */

/** What a variable of the style sheet is now. It takes a new element each time: an old one would be in transition from its last colour. */
export function colour(name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** The font of the page. A canvas by itself takes another one. */
export const pageFont = () => getComputedStyle(document.body).fontFamily
