#!/usr/bin/env kotlin
import kotlin.math.sqrt
import kotlin.system.exitProcess

data class Answer(val value: Int)

println("${args[0]} ${Answer(compute()).value} ${sqrt(4.0)}")
exitProcess(3)
