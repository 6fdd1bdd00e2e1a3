import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** A checkout with the real launcher and a command line of a few words, which tells what happens to it. */
let checkout: string

const MAIN = `
import { told } from '#told'
const [command = '', argument]: string[] = process.argv.slice(2)
if (command === 'end') process.exitCode = Number(argument)
if (command === 'echo') process.stdin.pipe(process.stdout)
if (command === 'die') process.kill(process.pid, 'SIGKILL')
if (command === 'up') {
  const alive = setInterval(() => {}, 1000)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      console.log('got', signal)
      setTimeout(() => { clearInterval(alive); process.exitCode = 7 }, 500)
    })
  }
}
console.log(told, process.pid, process.argv.slice(2).join(' '))
`

/** Makes the Node that loads it look like Debian's. The one that the launcher then starts does not load it. */
const OLD_NODE = `
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })
process.execPath = '/usr/bin/node'
`

beforeAll(async () => {
  checkout = await mkdtemp(path.join(tmpdir(), 'crosstie-launcher-'))
  await cp('bin', path.join(checkout, 'bin'), { recursive: true })
  await mkdir(path.join(checkout, 'src/cli'), { recursive: true })
  await mkdir(path.join(checkout, 'node_modules'))
  const node = `node-${process.platform}-${process.arch}`
  await symlink(path.resolve('node_modules', node), path.join(checkout, 'node_modules', node))
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8'))
  const manifest = {
    type: 'module',
    scripts: { start: scripts.start },
    imports: { '#told': { source: './src/told.ts', default: './dist/told.js' } },
  }
  await writeFile(path.join(checkout, 'package.json'), JSON.stringify(manifest))
  await writeFile(path.join(checkout, 'src/told.ts'), `export const told: string = 'from the sources'`)
  await writeFile(path.join(checkout, 'src/cli/main.ts'), MAIN)
  await writeFile(path.join(checkout, 'old-node.mjs'), OLD_NODE)
})

afterAll(() => rm(checkout, { recursive: true, force: true }))

interface Launched {
  process: ChildProcess
  said: () => string
  /** Waits until it has said `text`, and answers all it said. */
  until: (text: string) => Promise<string>
  end: Promise<{ code: number | null; signal: string | null }>
}

function launch(args: string[], { oldNode = false, input = '' } = {}): Launched {
  const before = oldNode ? ['--import', path.join(checkout, 'old-node.mjs')] : []
  return watch(process.execPath, [...before, path.join(checkout, 'bin/crosstie.js'), ...args], input)
}

function watch(program: string, args: string[], input = ''): Launched {
  const child = spawn(program, args, { cwd: checkout, stdio: ['pipe', 'pipe', 'pipe'] })
  let text = ''
  const collect = (chunk: Buffer) => {
    text += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  child.stdin.on('error', () => {})
  if (input !== '') child.stdin.end(input)
  return {
    process: child,
    said: () => text,
    end: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal }))),
    until: async (wanted) => {
      for (const limit = Date.now() + 10_000; Date.now() < limit; await sleep(10)) {
        if (text.includes(wanted)) return text
      }
      throw new Error(`it never said ${wanted}, but: ${text}`)
    },
  }
}

for (const oldNode of [false, true]) {
  const where = oldNode ? 'on an old Node' : 'on a Node that runs the hub'

  test(`${where} the launcher runs the sources of a checkout and ends with their exit code`, async () => {
    const launched = launch(['end', '3'], { oldNode })
    expect(await launched.end).toEqual({ code: 3, signal: null })
    expect(launched.said()).toMatch(/^from the sources \d+ end 3\n$/)
  })

  test(`${where} input and output go straight through`, async () => {
    const launched = launch(['echo'], { oldNode, input: 'line 1\nline 2\n' })
    expect(await launched.end).toEqual({ code: 0, signal: null })
    expect(launched.said()).toContain('line 1\nline 2\n')
  })

  test(`${where} a command that is killed shows as killed`, async () => {
    expect(await launch(['die'], { oldNode }).end).toEqual({ code: null, signal: 'SIGKILL' })
  })
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} reaches the hub once, however often it is sent in a moment, and its exit code comes back`, async () => {
    const launched = launch(['up'], { oldNode: true })
    await launched.until('from the sources')
    for (let sent = 0; sent < 3; sent++) {
      launched.process.kill(signal)
      await sleep(20)
    }
    expect(await launched.end).toEqual({ code: 7, signal: null })
    expect(launched.said().match(/got SIG/g)).toHaveLength(1)
  })
}

test('SIGTERM to npm stops what npm start started, in order', async () => {
  const npm = watch('npm', ['start'])
  await npm.until('from the sources')
  npm.process.kill('SIGTERM')
  // npm waits for it; a shell in between would have been stopped instead, and the hub left alone.
  await npm.end
  expect(npm.said()).toContain('got SIGTERM')
})

test('the hub stops in order when its launcher is killed', async () => {
  const launched = launch(['up'], { oldNode: true })
  const pid = Number(/from the sources (\d+)/.exec(await launched.until('from the sources'))?.[1])
  expect(pid).not.toBe(launched.process.pid)
  launched.process.kill('SIGKILL')
  expect(await launched.until('got SIGTERM')).toContain('got SIGTERM')
  await launched.end
})

test('without a Node for the hub the launcher says how to get one', async () => {
  await rm(path.join(checkout, 'node_modules', `node-${process.platform}-${process.arch}`))
  const launched = launch(['up'], { oldNode: true })
  expect(await launched.end).toEqual({ code: 1, signal: null })
  expect(launched.said()).toMatch(/needs Node 24\.7 or newer; this is 20\.19\.0.*\nEither run "npm ci"/)
})
