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
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/v1', '/docs', '/openapi.json', '/healthz'].map((path) => [path, hub])),
  },
})
