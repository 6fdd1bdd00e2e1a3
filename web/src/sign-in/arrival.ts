/**
 * What stood in the address when the page was opened. The provider's code and state are read from here: the router
 * reads `12e3` in an address as a number.
 */
export const arrival = new URLSearchParams(window.location.search)
