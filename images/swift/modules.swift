import Dispatch
import Foundation
import FoundationNetworking
import FoundationXML
import Glibc
import Observation
import RegexBuilder
import Synchronization

print(sqrt(Double(ProcessInfo.processInfo.processIdentifier)) > 0)
