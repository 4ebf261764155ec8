import { runInstead, saysCommand } from './newer-format.ts'

/** `storage`: the data folder is damaged or cannot be used; `config`: mend the configuration. */
export interface Refused {
  readonly ok: false
  readonly reason: 'storage' | 'config'
  readonly message: string
}

/** A newer release wrote something: the message of a file that does not say which ends with the newest. */
export function newer(message: string): Refused {
  return {
    ok: false,
    reason: 'config',
    message: saysCommand(message) ? message : `${message}; ${runInstead()}`,
  }
}
