// Adds up what the suite left in a folder: prints what failed, then "N passed, N failed", and fails if anything did.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const [, , folder = '.'] = process.argv
let passed = 0
let failed = 0
const fail = (name) => {
  failed++
  console.log(`failed: ${name}`)
}

const checks = read('check.log')?.match(/^check in .*: (\d+) passed, (\d+) failed$/m)
if (checks) {
  passed += Number(checks[1])
  for (const [, step] of read('check.log').matchAll(/^FAILED (.+) \(/gm)) fail(`npm run check: ${step}`)
} else {
  fail('npm run check, which did not come to its end')
}
for (const script of ['test', 'test:real']) {
  const text = read(`${script}.json`)
  if (text === null) fail(`npm run ${script}, which did not come to its end`)
  else addReport(script, JSON.parse(text))
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

/** Vitest's JSON report. A file that could not be loaded has no tests, and counts as one that failed. */
function addReport(script, report) {
  const before = failed
  passed += report.numPassedTests
  for (const file of report.testResults) {
    const place = path.relative(process.cwd(), file.name)
    const broken = file.assertionResults.filter((test) => test.status === 'failed')
    for (const test of broken) fail(`${place}: ${test.fullName}`)
    if (file.status === 'failed' && broken.length === 0) fail(`${place}: ${firstLine(file.message)}`)
  }
  if (!report.success && failed === before) fail(`npm run ${script}: an error outside of any test`)
}

function firstLine(text = '') {
  return text.split('\n', 1)[0]
}

function read(name) {
  const file = path.join(folder, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}
