/** Gathers calls that come at once, so that many share one transaction. */

/** What was asked within `gatherMs` is done together, up to `most` at a time. */
export function inBatches<In, Out>(
  run: (items: readonly In[]) => Promise<readonly Out[]>,
  { gatherMs, most }: { gatherMs: number; most: number },
): (item: In) => Promise<Out> {
  let waiting: { item: In; done: PromiseWithResolvers<Out> }[] = []
  let timer: NodeJS.Timeout | undefined

  const start = () => {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    run(batch.map(({ item }) => item)).then(
      // `run` answers one for each, in their order.
      (answers) => batch.forEach(({ done }, nth) => done.resolve(answers[nth]!)),
      (error: unknown) => batch.forEach(({ done }) => done.reject(error)),
    )
  }
  return (item) => {
    const done = Promise.withResolvers<Out>()
    waiting.push({ item, done })
    if (waiting.length >= most) start()
    else timer ??= setTimeout(start, gatherMs)
    return done.promise
  }
}
