/** Where to go after sign-in. Only a path of this page: an address elsewhere would make sign-in a springboard. */
export function returnPath(to: string | undefined): string {
  return to !== undefined && /^\/(?![/\\])/.test(to) && !to.startsWith('/sign-in') ? to : '/'
}
