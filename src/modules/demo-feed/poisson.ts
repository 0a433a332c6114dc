/** How many events happened where `mean` are to be expected (a Poisson draw; Knuth's way, so the mean should be small). Pure. */
export function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}
