import { expectTypeOf, it } from 'vitest'
import type { PayloadOf } from './event-types.ts'

// A field that one kind requires may be optional in another.
it('a payload requires what its own kind does, and no more', () => {
  expectTypeOf<{ type: 'llm_request'; model_id: string }>().toExtend<PayloadOf<'llm_request'>>()
  expectTypeOf<{ type: 'llm_request' }>().not.toExtend<PayloadOf<'llm_request'>>()
  expectTypeOf<{ type: 'span'; name: string; trace_id: string; span_id: string }>().toExtend<
    PayloadOf<'span'>
  >()
  expectTypeOf<PayloadOf<'llm_request'>['latency_ms']>().toEqualTypeOf<number | null | undefined>()
})
