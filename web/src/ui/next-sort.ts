/** Up, then down, then the hub's own order. */
export function nextSort(id: string, sort: string): string {
  if (sort === id) return `-${id}`
  return sort === `-${id}` ? '' : id
}
