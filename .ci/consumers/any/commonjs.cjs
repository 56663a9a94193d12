const { createSseClient } = require('@sse/client')
const { createHub, sse } = require('@sse/express')
const express = require('express')
const roundTrip = require('./round-trip.cjs')

const names = process.argv.slice(2)
const loaded = Object.fromEntries(names.map((name) => [name, Object.keys(require(name)).sort()]))
roundTrip({ createHub, createSseClient, express, sse }).then((data) => {
  console.log(JSON.stringify({ loaded, data }))
})
