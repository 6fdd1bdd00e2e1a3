import { useMantineColorScheme, useComputedColorScheme } from '@mantine/core'
import { useMemo } from 'react'

/** The colours behind CSS variables, for a canvas; they follow the scheme. */
export function useShade(names: readonly string[]): string[] {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const { colorScheme } = useMantineColorScheme()
  const list = names.join(' ')
  return useMemo(() => {
    // The scheme is not read here: it says when to look again.
    void scheme
    void colorScheme
    const style = getComputedStyle(document.documentElement)
    return list.split(' ').map((name) => style.getPropertyValue(name).trim())
  }, [list, scheme, colorScheme])
}
