import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import type { Sample } from './measure.ts'

/** Runs a shell command to its end and takes its time; a failure ends the benchmark with what it said. */
export async function timeCommand(command: string, environment: NodeJS.ProcessEnv = {}): Promise<Sample> {
  const began = performance.now()
  const child = spawn('bash', ['-c', `set -o pipefail; ${command}`], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const peak = watchPeak(child.pid ?? 0, { itself: true })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const seconds = (performance.now() - began) / 1000
  const peakMb = peak.end()
  if (code !== 0) throw new Error(`the command ended with ${code}: ${said}`)
  return { seconds, peakMb }
}

/**
 * Looks at the resident memory of all processes below `root` until `end`, and answers the greatest that any one
 * of them had (the kernel's own high-water mark, so a look every 50 ms misses only what ends between two).
 */
export function watchPeak(root: number, { itself = false } = {}): { end: () => number } {
  let peakMb = 0
  const look = () => {
    for (const pid of [...(itself ? [root] : []), ...descendants(root)])
      peakMb = Math.max(peakMb, peakOf(pid))
  }
  const timer = setInterval(look, 50)
  return {
    end: () => {
      clearInterval(timer)
      return peakMb
    },
  }
}

function descendants(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = readStatus(Number(name))
    // The server under the benchmark is a child too, but nobody's work is measured by its memory.
    if (/^Name:\s+postgres$/m.test(status)) continue
    const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent === root || (parent !== undefined && parent > 1 && isBelow(parent))
  }
  return [...parents.keys()].filter((pid) => isBelow(pid))
}

function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readStatus(pid))?.[1] ?? 0) / 1024
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return '' // it has ended
  }
}
