#!/usr/bin/env node
// Plain JavaScript that parses on Node 18: it finds a Node that runs the hub, and starts the hub in it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants, homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { howToGetNode, nodeForTheHub } from './node.js'

const here = fileURLToPath(import.meta.url)
const root = path.dirname(path.dirname(here))

const node = nodeForTheHub()
if (node === null) {
  console.error(howToGetNode())
  process.exitCode = 1
} else if (node === process.execPath) {
  await runHere()
} else {
  runIn(node)
}

/** Loads the command line in this process: the sources in a checkout, `dist/` in a published package. */
async function runHere() {
  endWithLauncher()
  // Folders of one's own only: compiled code that others may write is code that others may run.
  const cache = [path.join(root, 'node_modules', '.cache'), path.join(homedir(), '.cache')].some(
    (folder) => nodeModule.enableCompileCache(path.join(folder, 'crosstie')).directory !== undefined,
  )
  // Otherwise it is written when the process ends in order, and a hub that is killed would never be quicker.
  if (cache) setTimeout(() => nodeModule.flushCompileCache(), 5000).unref()
  const sources = existsSync(path.join(root, 'src'))
  if (sources) openDoorsToSources()
  const main = path.join(root, sources ? 'src/cli/main.ts' : 'dist/cli/main.js')
  await import(pathToFileURL(main).href)
}

/** What `--conditions=source` does, for our own doors only, and without starting Node a second time. */
function openDoorsToSources() {
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      next(
        specifier,
        specifier.startsWith('#') ? { ...context, conditions: ['source', ...context.conditions] } : context,
      ),
  })
}

/** Started by `runIn`, the hub stops in order when its launcher is gone, even by `kill -9`. */
function endWithLauncher() {
  if (process.channel === undefined) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel.unref()
}

/**
 * Runs this file again in another Node, and is to the outside what that one is: same input and output, same signals
 * (each once, however often terminal, npm and `timeout` send it), same end.
 */
function runIn(binary) {
  const child = spawn(binary, [here, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // A session of its own: Ctrl-C comes to the launcher alone, which passes it on.
    detached: true,
  })
  const passedOn = new Map()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      if (Date.now() - (passedOn.get(signal) ?? 0) < 300) return
      passedOn.set(signal, Date.now())
      child.kill(signal)
    })
  }
  // Ctrl-Z and `fg`.
  process.on('SIGTSTP', () => {
    child.kill('SIGSTOP')
    process.kill(process.pid, 'SIGSTOP')
  })
  process.on('SIGCONT', () => child.kill('SIGCONT'))
  child.on('error', (error) => {
    console.error(`${binary} could not be started: ${error.message}`)
    process.exit(126)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    // Reached when the signal does not end a process; the shell's number for it then says the same.
    process.exitCode = 128 + constants.signals[signal]
  })
}
