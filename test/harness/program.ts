/** Servers that Debian and PyPI bring, for `*.real.test.ts`: started on a free port of loopback, ended by their process. */
import { type ChildProcess, execFile, spawn, type SpawnOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CACHE = path.resolve(import.meta.dirname, '..', '..', 'node_modules', '.cache')
const START_LIMIT_MS = 40_000
const STOP_LIMIT_MS = 5_000

export interface Program {
  stop: () => Promise<void>
}

/** A folder of Python programs with these packages, kept from run to run: installing takes longer than the tests. */
export async function pythonHome(name: string, packages: string[]): Promise<string> {
  const home = path.join(CACHE, name)
  if (existsSync(path.join(home, 'installed'))) return home
  await run('python3', ['-m', 'venv', '--clear', home])
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]
  await run(path.join(home, 'bin', 'python'), pip)
  await run('touch', [path.join(home, 'installed')])
  return home
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Answers once something listens on the port. */
export async function startProgram(
  program: string,
  args: string[],
  { port, ...options }: SpawnOptions & { port: number },
): Promise<Program> {
  const said: string[] = []
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', (error) => {
      said.push(error.message)
      resolve()
    })
  })
  for (const until = Date.now() + START_LIMIT_MS; !(await listens(port)); await sleep(100)) {
    const isOver = child.exitCode !== null || child.pid === undefined
    if (!isOver && Date.now() < until) continue
    await stop(child, ended)
    throw new Error(`${program} did not listen on ${port}:\n${said.join('').slice(-2000)}`)
  }
  return { stop: () => stop(child, ended) }
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await ended
  clearTimeout(timer)
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
