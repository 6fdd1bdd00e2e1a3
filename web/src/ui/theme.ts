import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

// Deep teal. 6 and 7 carry white text at 5.2:1 and more; 4 stands on the dark ground at 8:1.
const teal: MantineColorsTuple = [
  '#eaf6f5',
  '#d3ebe9',
  '#a5d6d3',
  '#74c2be',
  '#4cb0ac',
  '#2c938f',
  '#14797a',
  '#0b6466',
  '#075053',
  '#043c3f',
]

const amber: MantineColorsTuple = [
  '#fff7e6',
  '#feeccb',
  '#fcd795',
  '#f9c05c',
  '#f2aa30',
  '#d98f14',
  '#b37209',
  '#8a5600',
  '#6b4300',
  '#4d3000',
]

const red: MantineColorsTuple = [
  '#fdeeed',
  '#fad9d6',
  '#f3b0ab',
  '#ee8880',
  '#e6675e',
  '#d8453c',
  '#c2322a',
  '#a3261f',
  '#821d18',
  '#611511',
]

/** Cool greys with a breath of the accent, so that both themes are of one material. */
const gray: MantineColorsTuple = [
  '#f7f9f9',
  '#eff2f2',
  '#e2e7e7',
  '#d1d8d8',
  '#b3bdbd',
  '#8a9696',
  '#647070',
  '#4b5656',
  '#343d3d',
  '#1d2424',
]

const dark: MantineColorsTuple = [
  '#d6dddd',
  '#b8c1c1',
  '#98a3a3',
  '#6f7b7b',
  '#3d4747',
  '#2e3737',
  '#212828',
  '#181e1e',
  '#121717',
  '#0c1010',
]

export const theme = createTheme({
  colors: { teal, amber, red, gray, dark },
  primaryColor: 'teal',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.29,
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '14px', md: '14px', lg: '16px', xl: '18px' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '15px', lineHeight: '22px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
    },
  },
  defaultRadius: 'sm',
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '20px', xl: '32px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Tooltip: {
      defaultProps: {
        withArrow: true,
        openDelay: 250,
        multiline: true,
        maw: 320,
        events: { hover: true, focus: true, touch: true },
      },
    },
  },
})

/** Text that must be read keeps 4.5:1 on every surface it lies on; Mantine's own dimmed and placeholder do not. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--mantine-line-height': '1.5' },
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1b2323',
    '--mantine-color-dimmed': '#586464',
    '--mantine-color-placeholder': '#6a7676',
    '--mantine-color-error': '#b02a22',
    '--mantine-color-anchor': '#0b6466',
    '--ct-ground': '#f5f7f7',
    '--ct-surface': '#ffffff',
    '--ct-sunken': '#f1f4f4',
    '--ct-line': '#dde3e3',
    '--ct-line-strong': '#b9c3c3',
    '--ct-accent': '#0b6466',
    '--ct-accent-soft': '#e3f1f0',
    '--ct-good': '#0b6466',
    '--ct-attention': '#8a5600',
    '--ct-attention-soft': '#fff3da',
    '--ct-failure': '#b02a22',
    '--ct-failure-soft': '#fdeeed',
    '--ct-shadow': '0 1px 2px rgb(20 40 40 / 6%)',
  },
  dark: {
    '--mantine-color-body': '#161c1c',
    '--mantine-color-text': '#dde4e4',
    '--mantine-color-dimmed': '#98a5a5',
    '--mantine-color-placeholder': '#8b9898',
    '--mantine-color-error': '#f28b84',
    '--mantine-color-anchor': '#63c6c1',
    '--ct-ground': '#101515',
    '--ct-surface': '#161c1c',
    '--ct-sunken': '#1c2323',
    '--ct-line': '#2a3333',
    '--ct-line-strong': '#4a5656',
    '--ct-accent': '#63c6c1',
    '--ct-accent-soft': '#143433',
    '--ct-good': '#63c6c1',
    '--ct-attention': '#f2b34d',
    '--ct-attention-soft': '#36280f',
    '--ct-failure': '#f28b84',
    '--ct-failure-soft': '#3d1b19',
    '--ct-shadow': 'none',
  },
})
