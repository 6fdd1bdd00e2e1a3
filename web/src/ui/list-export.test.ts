import { expect, test } from 'vitest'
import { csvOf } from './list-export.ts'
import type { ListColumn } from './list-table.tsx'

interface Row {
  name: string
  rows: number | null
}

const columns: ListColumn<Row>[] = [
  { id: 'name', header: 'Name', cell: ({ name }) => name, value: ({ name }) => name },
  { id: 'actions', header: 'Actions', cell: () => null },
  { id: 'rows', header: 'Rows', cell: ({ rows }) => rows, value: ({ rows }) => rows },
]

test('a CSV has the columns that say something, quoted where they must be', () => {
  const rows = [
    { name: 'plain', rows: 3 },
    { name: 'a "b", c', rows: null },
    { name: 'two\nlines', rows: -1 },
  ]
  expect(csvOf(columns, rows)).toBe('\uFEFFName,Rows\r\nplain,3\r\n"a ""b"", c",\r\n"two\nlines",-1\r\n')
})

test('a name that a spreadsheet would run as a formula is made a text', () => {
  for (const name of ['=1+1', '+1', '-1', '@sum', '\tx']) {
    expect(csvOf(columns, [{ name, rows: 1 }])).toContain(`'${name}`)
  }
})
