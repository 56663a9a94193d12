/** Draws a whole number from a range. Clients that reconnect at random times do not all reconnect at once. */
export function drawBetween([min, max]: readonly [min: number, max: number], random: () => number): number {
  return Math.round(min + random() * (max - min))
}
