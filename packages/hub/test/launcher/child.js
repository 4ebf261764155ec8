// A child for the tests of the launcher; what it does is its first argument. It tells its parent
// what happened to it over standard output, one line per fact.

import { appendFileSync, readFileSync } from 'node:fs'

const [what, ...rest] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${line}\n`)
const stay = () => setInterval(() => {}, 60_000)

const acts = {
  /** exit CODE: ends with that code. */
  exit: () => process.exit(Number(rest[0])),
  /** lives FILE CODE…: counts its lives in FILE; the n-th ends with the n-th code, further ones with the last. */
  lives: () => {
    const [file, ...codes] = rest
    appendFileSync(file, 'x')
    const life = readFileSync(file, 'utf8').length
    process.exit(Number(codes[Math.min(life, codes.length) - 1]))
  },
  /** die SIGNAL: ends itself by that signal. */
  die: () => {
    process.kill(process.pid, rest[0])
    stay()
  },
  /** stop CODE: waits for SIGTERM or SIGINT, says which, and ends with that code. */
  stop: () => {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      process.on(signal, () => {
        say(signal)
        process.exit(Number(rest[0]))
      })
    }
    stay()
    say('ready')
  },
  /** stubborn: says every signal and never ends by itself. */
  stubborn: () => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => say(signal))
    stay()
    say('ready')
  },
  /** environment NAME: says what the variable holds. */
  environment: () => say(String(process.env[rest[0]])),
}

acts[what]()
