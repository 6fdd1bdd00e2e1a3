/**
 * Builds the page into web/dist: after an install by npm (`prepare`), and at the hub's first start when install scripts
 * were off. Plain JavaScript, since the Node that runs npm may be one that knows no types.
 *
 * Without the page's packages (`npm ci --omit=dev`) it says so and is content, unless `--must` is given.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { howToGetNode, nodeForTheHub } from '../bin/node.js'

const root = path.dirname(import.meta.dirname)
const must = process.argv.includes('--must')
const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js')
const target = path.join(root, 'web', 'dist')

if (!existsSync(path.join(root, 'web', 'index.html'))) {
  // A published package brings the page built and has no sources of it.
} else if (!existsSync(vite)) {
  stopShort(
    'The page was not built: its packages are not installed ("npm ci" with --omit=dev). The hub works without it.',
  )
} else {
  await build()
}

async function build() {
  const node = nodeForTheHub()
  if (node === null) return stopShort(`The page was not built. ${howToGetNode()}`)
  // Built beside and moved, so that a hub never serves half a page, and a failed build leaves the last one.
  const folder = `${target}.${process.pid}`
  const args = ['build', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn']
  const { status } = spawnSync(node, [vite, ...args], { cwd: root, stdio: 'inherit' })
  if (status === 0) {
    await rm(target, { recursive: true, force: true })
    await rename(folder, target)
  } else {
    await rm(folder, { recursive: true, force: true })
    stopShort('The page could not be built; what went wrong stands above. The hub works without it.')
  }
}

function stopShort(message) {
  console.error(message)
  if (must) process.exitCode = 1
}
