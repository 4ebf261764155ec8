import { expect, it } from 'vitest'
import { parseFilterText } from './where-text.ts'

it.each([
  ['model=gpt-4o', { field: 'model', op: 'eq', value: 'gpt-4o' }],
  ['model:gpt-4o', { field: 'model', op: 'eq', value: 'gpt-4o' }],
  ['latency>=500', { field: 'latency', op: 'gte', value: 500 }],
  ['latency=500', { field: 'latency', op: 'eq', value: 500 }],
  ['latency>soon', { field: 'latency', op: 'gt', value: 'soon' }],
  ['user=007', { field: 'user', op: 'eq', value: '007' }],
  ['user!=a=b', { field: 'user', op: 'ne', value: 'a=b' }],
  ['cost>0.10', { field: 'cost', op: 'gt', value: '0.10' }],
  ['tag.k8s.io/app-name=x:y', { field: 'tag.k8s.io/app-name', op: 'eq', value: 'x:y' }],
  ['error_message~', { field: 'error_message', op: 'contains', value: '' }],
])('reads %s', (text, filter) => {
  expect(parseFilterText(text)).toEqual({ ok: true, filter })
})

it.each(['', 'model', '=x', 'model gpt', '>5'])('refuses %j and says what it expects', (text) => {
  expect(parseFilterText(text)).toMatchObject({ ok: false, message: expect.stringContaining('!=') })
})
