import { type ComponentType, lazy } from 'react'

/** `React.lazy` for a named export: `lazily(() => import('./palette.tsx'), 'Palette')`. */
export function lazily<Name extends string, Props>(
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  name: Name,
) {
  return lazy(async () => ({ default: (await load())[name] }))
}
