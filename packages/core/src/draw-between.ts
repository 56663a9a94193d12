/** A whole number from a range: who comes back at drawn times does not come back all at once. */
export function drawBetween([min, max]: readonly [min: number, max: number], random: () => number): number {
  return Math.round(min + random() * (max - min))
}
