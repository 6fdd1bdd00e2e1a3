import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Where `vite` finds the hub while one works on the page: `CROSSTIE_URL=http://127.0.0.1:8717 npx vite`. */
const hub = process.env['CROSSTIE_URL'] ?? 'http://127.0.0.1:8717'

/** Lays a packed twin beside every script and style, so that the hub packs nothing while it serves. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const names = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name))
      for (const name of names) {
        const file = path.join(dir, name)
        const whole = await readFile(file)
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: 9,
          [constants.BROTLI_PARAM_SIZE_HINT]: whole.length,
        }
        await writeFile(`${file}.br`, await promisify(brotliCompress)(whole, { params }))
        await writeFile(`${file}.gz`, await promisify(gzip)(whole, { level: 9 }))
      }
    },
  }
}

// Vite asks for a default export.
export default defineConfig({
  root: 'web',
  base: '/',
  plugins: [react(), packed()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // The page's policy allows scripts and styles of its own origin only: nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What every page needs comes in few files; left alone, each shared component is a file of its own.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'frame', test: /node_modules\/(@tanstack\/(?!.*table)|i18next|react-i18next)/ },
            {
              name: 'widgets',
              test: /node_modules\/(@mantine\/(core|hooks|store|notifications)|@floating-ui|clsx)/,
              minShareCount: 8,
            },
            // What only the pages of lists need.
            {
              name: 'lists',
              test: /web\/src\/ui\/(list(-tools|-export|-view)?|bulk-\w+)\./,
              // What they stand on is the frame's too, which must not wait for them.
              includeDependenciesRecursively: false,
            },
            { name: 'ui', test: /web\/src\/(ui|api|frame)\//, minShareCount: 3 },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      ...Object.fromEntries(['/v1', '/docs', '/openapi.json', '/healthz'].map((path) => [path, hub])),
      '/realtime': { target: hub, ws: true },
    },
  },
})
