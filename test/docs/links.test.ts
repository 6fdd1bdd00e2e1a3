import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

test('every link between the documents leads somewhere', () => {
  const pages = globSync(['*.md', '{docs,changes,src,web/src,bench}/**/*.md'])
  const broken = pages.flatMap((page) => {
    const text = readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    return links
      .filter((link) => !/^([a-z]+:|#)/.test(link))
      .filter((link) => !existsSync(path.join(path.dirname(page), link.replace(/#.*$/, ''))))
      .map((link) => `${page}: ${link}`)
  })
  expect(pages.length).toBeGreaterThan(10)
  expect(broken).toEqual([])
})
