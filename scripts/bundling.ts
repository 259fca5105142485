import type { BuildOptions } from 'esbuild'

/** How programs are bundled. What is bundled and asks for a module by `require` still finds it. */
export const bundling = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
} satisfies BuildOptions
