import { expect, it } from 'vitest'
import { onceThereIsMemory } from './once-there-is-memory.ts'

const LACKING = new Error('Out of Memory Error: failed to allocate data of size 4.0 KiB')

function attempts(failing: readonly Error[]) {
  const seen = { tried: 0, gaveWay: 0, waited: 0 }
  const outcome = onceThereIsMemory(
    () => {
      const error = failing[seen.tried++]
      return error === undefined ? Promise.resolve('read') : Promise.reject(error)
    },
    () => Promise.resolve(seen.gaveWay++),
    {
      after(ms, then) {
        seen.waited += ms
        then()
        return () => {}
      },
    },
  )
  return { seen, outcome }
}

it('tries again once others have given way', async () => {
  const { seen, outcome } = attempts([LACKING, LACKING])
  expect(await outcome).toBe('read')
  expect(seen).toEqual({ tried: 3, gaveWay: 2, waited: 500 })
})

it('gives up on anything else at once, and on memory in the end', async () => {
  const broken = attempts([new Error('IO Error: cannot read')])
  await expect(broken.outcome).rejects.toThrow('IO Error')
  expect(broken.seen.tried).toBe(1)
  const never = attempts(Array.from({ length: 100 }, () => LACKING))
  await expect(never.outcome).rejects.toThrow('Out of Memory')
  expect(never.seen.waited).toBeLessThan(5000)
})
