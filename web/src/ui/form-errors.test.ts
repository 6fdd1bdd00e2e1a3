import { expect, test } from 'vitest'
import { formErrors } from './form-errors.ts'

const problem = (location: (string | number)[], message = 'Field required') => ({
  location,
  message,
  code: 'missing',
})

test('a refusal stands at its field, whatever union it came through', () => {
  const values = { name: '', source_params: { table_name: 'orders' }, connection_data: { host: '' } }
  const told = formErrors(
    [
      problem(['body', 'name']),
      problem(
        ['body', 'source_params', 'postgres', 'table_name'],
        'Value error, Table name should be in format myschema.mytable',
      ),
      problem(['body', 'postgres', 'connection_data', 'host']),
    ],
    values,
  )
  expect(told).toEqual({
    fields: {
      name: 'Field required',
      'source_params.table_name': 'Table name should be in format myschema.mytable',
      'connection_data.host': 'Field required',
    },
    rest: [],
  })
})

test('a field that was left out of the request is its part’s field all the same', () => {
  const told = formErrors([problem(['body', 'postgres', 'auth_data', 'password'])], {
    auth_data: { type: 'basic' },
  })
  expect(told.fields).toEqual({ 'auth_data.password': 'Field required' })
})

test('what fits no field is kept for the form’s foot', () => {
  const told = formErrors([problem(['body'], 'Value error, Say it differently')], { name: '' })
  expect(told).toEqual({ fields: {}, rest: ['Say it differently'] })
})

test('the first word on a field is the one that is shown', () => {
  const told = formErrors([problem(['body', 'name'], 'one'), problem(['body', 'name'], 'two')], { name: '' })
  expect(told.fields).toEqual({ name: 'one' })
})
