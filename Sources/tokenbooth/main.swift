import ArgumentParser
import Configuration
import Hummingbird
import ServiceLifecycle
import Yams
print("x")
