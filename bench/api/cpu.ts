/** CPU time of processes, by what the kernel counts. */
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** Seconds, user and system, of the process itself. */
export function cpuOf(pid: number): number {
  const fields = statOf(pid)
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND
}

/** Seconds of a process and everything below it; with those of its children that have ended. */
export function cpuOfTree(root: number): number {
  const fields = statOf(root)
  const ended = (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / TICKS_PER_SECOND
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(statOf(pid)[1]) === root)
  return cpuOf(root) + ended + children.map(cpuOfTree).reduce((sum, one) => sum + one, 0)
}

/** What stands behind the name in `/proc/<pid>/stat`: state, parent, …; nothing when it has ended. */
function statOf(pid: number): string[] {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return line.slice(line.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
