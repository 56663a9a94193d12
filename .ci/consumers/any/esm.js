import { createSseClient } from '@sse/client'
import { createHub, sse } from '@sse/express'
import express from 'express'
import roundTrip from './round-trip.cjs'

const names = process.argv.slice(2)
const loaded = {}
for (const name of names) loaded[name] = Object.keys(await import(name)).sort()
console.log(JSON.stringify({ loaded, data: await roundTrip({ createHub, createSseClient, express, sse }) }))
