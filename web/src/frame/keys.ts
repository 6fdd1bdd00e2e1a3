/** The keys of the frame: one letter after `g`, and single ones. Read by the listener and by the help. */
export const PLACES = {
  h: '/',
  c: '/connections',
  t: '/transfers',
  r: '/runs',
  q: '/queues',
  g: '/groups',
  a: '/applications',
  m: '/me',
} as const

export type PlaceKey = keyof typeof PLACES

export const isPlaceKey = (key: string): key is PlaceKey => key in PLACES
