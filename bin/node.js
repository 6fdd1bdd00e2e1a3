import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** The oldest Node that runs the hub: argon2 in `node:crypto` came with it. Kept in step with AGENTS.md. */
const OLDEST = [24, 7]

/** Whether `version` ("24.21.0") is new enough for the hub. */
function runsTheHub(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

/**
 * A Node that runs the hub: this very one, else the one that npm installed beside it as a plain package.
 * Null when neither is there.
 */
export function nodeForTheHub() {
  if (runsTheHub(process.versions.node)) return process.execPath
  try {
    const manifest = createRequire(import.meta.url).resolve(`${nodePackage()}/package.json`)
    const binary = path.join(path.dirname(manifest), 'bin', 'node')
    return existsSync(binary) ? binary : null
  } catch {
    return null
  }
}

/** The npm package that brings Node for this machine. */
function nodePackage() {
  return `node-${process.platform}-${process.arch}`
}

/** What to tell a person whose machine has no Node for the hub. */
export function howToGetNode() {
  return (
    `Crosstie needs Node ${OLDEST.join('.')} or newer; this is ${process.versions.node}, and npm did not bring its own ` +
    `(${nodePackage()}).\nEither run "npm ci" here without --omit=optional, or install Node 24 from https://nodejs.org.`
  )
}
