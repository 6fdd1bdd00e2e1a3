import type { ReactNode } from 'react'

/** Our own drawings on a 20 × 20 field, one line thick. They take the text's colour and say nothing to a reader. */
const DRAWINGS = {
  home: <path d="M3 9.5 10 3.5l7 6M5 8.5v8h4v-5h2v5h4v-8" />,
  connection: (
    <path d="M7.5 12.5 4.8 15.2M15.2 4.8l-2.7 2.7M8 7l5 5-1.8 1.8a3.5 3.5 0 0 1-5-5L8 7Zm4-1 2-2m1.5 4-2 2" />
  ),
  transfer: <path d="M3 6.5h12m-3.5-3.5 3.5 3.5-3.5 3.5M17 13.5H5m3.5-3.5L5 13.5 8.5 17" />,
  run: <path d="M6 4v12l10-6L6 4Z" />,
  queue: <path d="M3.5 5h13M3.5 10h13M3.5 15h8M15 13v4m-2-2h4" />,
  group: (
    <path d="M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 16.5c0-3 2.2-4.5 5-4.5s5 1.5 5 4.5M13 4a3 3 0 0 1 0 5.3m1.5 3c1.9.6 3 2 3 4.2" />
  ),
  key: <path d="M7 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm3.5-3.5h7v3m-3-3v2" />,
  users: <path d="M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 17c0-3.3 2.6-5 6-5s6 1.7 6 5" />,
  audit: <path d="M5 2.5h7l3.5 3.5v11.5H5v-15Zm7 0v4h3.5M7.5 10h5.5M7.5 13.5h5.5" />,
  search: <path d="M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12Zm4.5-1.5L17.5 17.5" />,
  chevronDown: <path d="m5 7.5 5 5 5-5" />,
  chevronRight: <path d="m7.5 5 5 5-5 5" />,
  chevronLeft: <path d="m12.5 5-5 5 5 5" />,
  chevronUp: <path d="m5 12.5 5-5 5 5" />,
  plus: <path d="M10 4v12M4 10h12" />,
  minus: <path d="M4 10h12" />,
  close: <path d="m5 5 10 10M15 5 5 15" />,
  check: <path d="m4 10.5 4 4 8-9" />,
  failed: <path d="M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Zm0-11v4.5m0 2.5v.2" />,
  warning: <path d="M10 3 2.5 16.5h15L10 3Zm0 5.5v3.5m0 2v.2" />,
  info: <path d="M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Zm0-8.5v5m0-7.5v.2" />,
  done: <path d="M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Zm-3.2-7.2 2.4 2.4 4.2-4.8" />,
  clock: <path d="M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM10 5.5V10l3 2" />,
  moving: <path d="M16.5 10A6.5 6.5 0 1 1 10 3.5m0-2 2.5 2L10 5.7" />,
  stop: <path d="M5 5h10v10H5z" />,
  stopped: <path d="M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM7.5 7.5h5v5h-5z" />,
  retry: <path d="M4 10a6 6 0 1 0 2-4.5L4 7.3M4 3.5v3.8h3.8" />,
  edit: <path d="m4 16 .8-3.5L13 4.3l2.7 2.7-8.2 8.2L4 16Zm7.5-10.2 2.7 2.7" />,
  trash: <path d="M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5m3-5v5" />,
  copy: <path d="M7 7h9.5v9.5H7zM4.5 13H3.5V3.5H13v1" />,
  sun: (
    <path d="M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM10 2v1.5m0 13V18M2 10h1.5m13 0H18M4.3 4.3l1.1 1.1m9.2 9.2 1.1 1.1m0-11.4-1.1 1.1m-9.2 9.2-1.1 1.1" />
  ),
  moon: <path d="M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12Z" />,
  screen: <path d="M3 4h14v9.5H3zM7 17h6m-3-3.5V17" />,
  language: (
    <path d="M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Zm-7.3-7.5h14.6M10 2.5c2.2 2 3.2 4.6 3.2 7.5s-1 5.5-3.2 7.5c-2.2-2-3.2-4.6-3.2-7.5s1-5.5 3.2-7.5Z" />
  ),
  signOut: <path d="M8 3.5H4v13h4m4-9.5 3 3-3 3m3-3H8" />,
  menu: <path d="M3 5.5h14M3 10h14M3 14.5h14" />,
  more: <path d="M5 10v.1M10 10v.1M15 10v.1" strokeWidth="2.4" />,
  folder: <path d="M2.5 5h5l1.5 2h8.5v9h-15V5Z" />,
  file: <path d="M5 2.5h7l3.5 3.5v11.5H5v-15Zm7 0v4h3.5" />,
  table: <path d="M3 4h14v12H3zM3 8h14M3 12h14M8 8v8" />,
  view: (
    <path d="M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5Zm7.5 2.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z" />
  ),
  schema: (
    <path d="M10 8c3.6 0 6-1 6-2.5S13.6 3 10 3 4 4 4 5.5 6.4 8 10 8Zm-6-2.500v9C4 16 6.4 17 10 17s6-1 6-2.500v-9M4 10c0 1.5 2.4 2.5 6 2.500s6-1 6-2.5" />
  ),
  message: <path d="M3 4h14v10H9l-3.5 3v-3H3V4Z" />,
  box: <path d="M3 6.5 10 3l7 3.500v7L10 17l-7-3.500v-7Zm0 0L10 10l7-3.500M10 10v7" />,
  keyboard: <path d="M2.5 5.500h15v9h-15zM5.5 8.500v.1m3-.1v.1m3-.1v.1m3-.1v.1M6.5 11.500h7" />,
  terminal: <path d="M2.5 4h15v12h-15zm3 3.500L8 10l-2.5 2.500m4 0h4" />,
  download: <path d="M10 3.5v9m-3.500-3.500L10 12.500l3.500-3.500M4 16.500h12" />,
  braces: (
    <path d="M7.500 3.500c-2 0-2 1.200-2 3s0 2.500-2 3.500c2 1 2 1.700 2 3.500s0 3 2 3m5-13c2 0 2 1.200 2 3s0 2.500 2 3.500c-2 1-2 1.700-2 3.500s0 3-2 3" />
  ),
  live: (
    <path d="M10 11.5a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM6.500 13.500a5 5 0 0 1 0-7m7 0a5 5 0 0 1 0 7M4 16a8.500 8.500 0 0 1 0-12m12 0a8.500 8.500 0 0 1 0 12" />
  ),
  filter: <path d="M3 4.500h14l-5.5 6.500v5l-3-1.500V11L3 4.500Z" />,
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof DRAWINGS

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: 'none' }}
    >
      {DRAWINGS[name]}
    </svg>
  )
}
