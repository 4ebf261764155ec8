// A vitest reporter that writes what `npm test` needs for its last line. vitest's own JSON report
// has neither the reason a test was skipped for nor the errors that no test caught.

import { writeFileSync } from 'node:fs'

export default class TestReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const report = { passed: 0, failed: 0, skipped: [], broken: [] }
    for (const module of modules) {
      const before = report.failed
      for (const test of module.children.allTests()) count(report, module, test.result(), test)
      // A file that cannot be loaded, or whose hooks throw, fails without a failed test.
      if (!module.ok() && report.failed === before) report.broken.push(module.relativeModuleId)
    }
    for (const error of unhandledErrors) report.broken.push(String(error.message).split('\n')[0])
    report.failed += report.broken.length
    writeFileSync(process.env['TEST_REPORT_FILE'], JSON.stringify(report))
  }
}

function count(report, module, result, test) {
  if (result.state === 'passed') report.passed++
  else if (result.state === 'skipped') {
    report.skipped.push({
      name: `${module.relativeModuleId} > ${test.fullName}`,
      reason: result.note,
    })
  } else report.failed++
}
