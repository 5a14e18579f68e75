plugins {
    kotlin("jvm") version "2.4.21"
}
