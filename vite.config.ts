import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where `vite` finds the hub while one works on the page: `CROSSTIE_URL=http://127.0.0.1:8717 npx vite`. */
const hub = process.env['CROSSTIE_URL'] ?? 'http://127.0.0.1:8717'

// Vite asks for a default export.
export default defineConfig({
  root: 'web',
  base: '/',
  plugins: [react()],
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
            { name: 'ui', test: /web\/src\/(ui|api|frame)\//, minShareCount: 3 },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/v1', '/docs', '/openapi.json', '/healthz'].map((path) => [path, hub])),
  },
})
