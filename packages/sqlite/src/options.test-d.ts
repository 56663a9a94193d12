import { expectTypeOf, it } from 'vitest'
import type { SqliteBrokerOptions } from './index.ts'

/** An object whose every member is `undefined`. */
type Undefined<Options> = { [Name in keyof Options]-?: undefined }

it('every option takes undefined, also with exactOptionalPropertyTypes', () => {
  expectTypeOf<Undefined<SqliteBrokerOptions>>().toExtend<SqliteBrokerOptions>()
  type Keep = NonNullable<SqliteBrokerOptions['keep']>
  expectTypeOf<Undefined<Keep>>().toExtend<Keep>()
  type Tail = NonNullable<SqliteBrokerOptions['tail']>
  expectTypeOf<Undefined<Tail>>().toExtend<Tail>()
})
