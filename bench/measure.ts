import { loadavg } from 'node:os'

/** One way of doing a piece of work; `prepare` is not timed. */
export interface Contender {
  name: string
  prepare?: () => Promise<void>
  run: () => Promise<Sample>
  /** A comparison that everything else is set against; the first one, when none says so. */
  base?: true
}

export interface Sample {
  seconds: number
  /** Greatest resident memory of the process that did the work, where it was looked at. */
  peakMb?: number | undefined
}

export interface Figures {
  name: string
  median: number
  least: number
  most: number
  /** Median over the base's median. */
  ratio: number
  peakMb: number | undefined
}

const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** Runs the contenders in turn, round after round, so that a slow minute of the machine meets them all. */
export async function measure(contenders: Contender[], rounds: number): Promise<Figures[]> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    // Every other round goes the other way about: who comes first finds colder caches.
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      await contender.prepare?.()
      samples.get(contender.name)?.push(await contender.run())
    }
  }
  const medianOf = (name: string) => median((samples.get(name) ?? []).map(({ seconds }) => seconds))
  const base = medianOf((contenders.find((contender) => contender.base) ?? contenders[0])?.name ?? '')
  return contenders.map(({ name }) => {
    const all = samples.get(name) ?? []
    const seconds = all.map((sample) => sample.seconds)
    const peaks = all.flatMap((sample) => sample.peakMb ?? [])
    return {
      name,
      median: medianOf(name),
      least: Math.min(...seconds),
      most: Math.max(...seconds),
      ratio: medianOf(name) / base,
      peakMb: peaks.length === 0 ? undefined : Math.max(...peaks),
    }
  })
}

export async function timed(work: () => Promise<unknown>): Promise<Sample> {
  const began = performance.now()
  await work()
  return { seconds: (performance.now() - began) / 1000 }
}

export function print(title: string, figures: Figures[], rounds: number): void {
  const load = loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')
  const rows = figures.map(({ name, median: middle, least, most, ratio, peakMb }) => [
    name,
    middle.toFixed(3),
    `${least.toFixed(3)}–${most.toFixed(3)}`,
    `${ratio.toFixed(2)} ×`,
    peakMb === undefined ? '' : `${Math.round(peakMb)} MB`,
  ])
  const head = ['', 'median s', 'spread s', 'ratio', 'peak']
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  process.stdout.write(
    `\n## ${title}\n(${rounds} rounds, interleaved; load ${load})\n${[head, ...rows].map(line).join('\n')}\n`,
  )
}
