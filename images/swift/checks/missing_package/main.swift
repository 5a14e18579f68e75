import UIKit

print(UIColor.red)
