// @vitest-environment jsdom
import { acceptHMRUpdate, createPinia, defineStore } from 'pinia3'
import { describe } from 'vitest'
import { describePinia, type PiniaKit } from '../test/suite.ts'

describe('Pinia 3', () => {
  // Its types are those of another package, which knows no `sse`.
  describePinia({ createPinia, defineStore, acceptHMRUpdate } as object as PiniaKit)
})
