/** Whole hubs as processes of their own, started by the launcher as a person starts them, and what becomes of them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_WITHIN_MS = 60_000
const SAID_LIMIT = 200_000
const LAUNCHER = path.resolve(import.meta.dirname, '..', '..', 'bin', 'crosstie.js')

/** A folder that hubs may share: what they keep, and the files that they may read and write. */
export interface Place {
  folder: string
  data: string
  files: string
  clear: () => Promise<void>
}

/** Open to PostgreSQL's own user, which it has where the tests are run as root. */
export async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-system-'))
  await chmod(folder, 0o755)
  const files = path.join(folder, 'files')
  await mkdir(files)
  return {
    folder,
    data: path.join(folder, 'data'),
    files,
    clear: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  }
}

export interface End {
  code: number | null
  signal: string | null
}

export interface HubProcess {
  process: ChildProcess
  /** Number of the process that is the hub. */
  pid: number
  url: string
  /** All it said: its words and its log. */
  said: () => string
  ready: () => Promise<void>
  /** In order, by SIGTERM or another signal. */
  stop: (signal?: 'SIGTERM' | 'SIGINT') => Promise<End>
  /** `kill -9` of this one process. */
  kill: () => Promise<End>
  end: Promise<End>
}

export type Environment = Record<string, string>

/** The environment of a hub at `place`: nothing of the tests' own but where programs are found. */
function environmentOf(place: Place, more: Environment = {}): NodeJS.ProcessEnv {
  const { PATH = '', TMPDIR } = process.env
  return {
    PATH,
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    HOME: place.folder,
    LANG: 'C.UTF-8',
    CROSSTIE_DATA_DIR: place.data,
    CROSSTIE_FILES: place.files,
    ...more,
  }
}

/** Starts a hub and answers at once; `ready` waits for it. */
export async function launchHub(place: Place, more: Environment = {}): Promise<HubProcess> {
  const port = await freePort()
  const environment = environmentOf(place, { CROSSTIE_PORT: String(port), ...more })
  const child = spawn(process.execPath, [LAUNCHER, 'up'], {
    cwd: place.folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const collect = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-SAID_LIMIT)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const end = new Promise<End>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  const send = (signal: NodeJS.Signals) => {
    if (!isOver()) child.kill(signal)
    return end
  }
  const url = `http://127.0.0.1:${port}`
  return {
    process: child,
    pid: child.pid ?? 0,
    url,
    said: () => said,
    end,
    ready: async () => {
      for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; await sleep(30)) {
        if (isOver()) throw new Error(`the hub ended with ${child.exitCode ?? child.signalCode}: ${said}`)
        // It answers a moment before it is up: the first run of the worker and the one-time link come last.
        if (said.includes('Crosstie is up.') && (await statusOf(`${url}/readyz`)) === 200) return
      }
      throw new Error(`the hub was not ready within ${READY_WITHIN_MS} ms: ${said}`)
    },
    stop: (signal = 'SIGTERM') => send(signal),
    kill: () => send('SIGKILL'),
  }
}

/** A hub that is ready; killed when it does not become so. */
export async function startHub(place: Place, more: Environment = {}): Promise<HubProcess> {
  const hub = await launchHub(place, more)
  try {
    await hub.ready()
    return hub
  } catch (error) {
    await hub.kill()
    throw error
  }
}

/** Status of a GET; 0 where nobody answers. */
export async function statusOf(url: string, token = ''): Promise<number> {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(15_000) }).catch(() => null)
  await answer?.arrayBuffer().catch(() => null)
  return answer?.status ?? 0
}

/** An operator's command at `place`. */
export async function command(
  place: Place,
  words: string[],
  { input = '', environment = {} }: { input?: string; environment?: Environment } = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [LAUNCHER, ...words], {
    cwd: place.folder,
    env: environmentOf(place, environment),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await closed, out, err }
}

/** Numbers of all processes whose command line or working folder names `place`: hubs, servers, runs. */
export async function processesOf(place: Place): Promise<{ pid: number; command: string }[]> {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,args='])
  return stdout.split('\n').flatMap((line) => {
    const [, pid = '', command = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? []
    return command.includes(place.folder) ? [{ pid: Number(pid), command }] : []
  })
}

/** The main process of the hub's own PostgreSQL. */
export async function postmasterOf(place: Place): Promise<number> {
  const file = path.join(place.data, 'postgres', 'postmaster.pid')
  return Number((await readFile(file, 'utf8')).split('\n')[0])
}

/** Direct children of a process, by what their command line contains. */
export async function childrenOf(pid: number, contains: string): Promise<number[]> {
  const all = await readdir(`/proc/${pid}/task`).catch(() => [])
  const listed = await Promise.all(
    all.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  )
  const children = listed.join(' ').split(' ').filter(Boolean).map(Number)
  const named = await Promise.all(
    children.map(async (child) => ({
      child,
      command: await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => ''),
    })),
  )
  return named.filter(({ command: line }) => line.includes(contains)).map(({ child }) => child)
}

/** Asks a hub over HTTP in somebody's name. */
export interface Person {
  token: string
  /** Answers the parsed body; throws when the answer is no success. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests know what they asked for
  ask: (method: 'GET' | 'POST' | 'PUT' | 'DELETE', at: string, body?: object) => Promise<any>
  /** The same person at another hub over the same database, or at this one after a restart. */
  at: (url: string) => Person
}

/** Makes a superuser by the command line and signs in. */
export async function signUp(place: Place, url: string, environment: Environment = {}): Promise<Person> {
  const password = 'correct horse battery'
  const made = await command(place, ['user', 'create', 'ada', '--superuser', '--password-stdin', '--json'], {
    input: password,
    environment,
  })
  if (made.code !== 0) throw new Error(`no user was made: ${made.err}`)
  const answer = await fetch(`${url}/v1/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({ username: 'ada', password }),
  })
  const { access_token: token } = (await answer.json()) as { access_token?: string } // the hub's own answer
  if (token === undefined) throw new Error(`no token: ${answer.status}`)
  return personAt(url, token)
}

function personAt(url: string, token: string): Person {
  return {
    token,
    at: (other) => personAt(other, token),
    ask: async (method, at, body) => {
      const answer = await fetch(url + at, {
        method,
        signal: AbortSignal.timeout(20_000),
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const said = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${said}`)
      return said === '' ? null : JSON.parse(said)
    },
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
